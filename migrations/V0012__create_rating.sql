-- A player's strength in the games of one rule set at one pace, after Glicko-2; src/rating/types.rs tells
-- what the figures mean. The bounds keep NaN out, which is greater than every number here; the program
-- keeps to narrower ones.
create table rating (
    account_id uuid not null references account,
    -- A rule set and a pace: english.rapid.
    category text not null constraint rating_category_is_well_formed check (category ~ '^[a-z][a-z0-9_]{0,39}\.[a-z_]{1,20}$'),
    value double precision not null constraint rating_value_is_bounded check (value between 0 and 10000),
    deviation double precision not null constraint rating_deviation_is_bounded check (deviation between 1 and 1000),
    volatility double precision not null constraint rating_volatility_is_bounded check (volatility between 0.001 and 1),
    games integer not null constraint rating_games_are_counted check (games >= 0),
    -- The end of the last rated game. Null only within the transaction that rates the first.
    rated_at timestamptz,
    primary key (account_id, category),
    constraint rating_has_time_of_game check ((games = 0) = (rated_at is null))
)
-- Each game writes the row twice: with room on its page that is done in place.
with (fillfactor = 80);
