-- A game: what it is played by, and how it stands. The first never changes; the second follows from the
-- game's steps.
create table game (
    game_id uuid primary key,
    -- Rules, words, time: JSON.
    terms text not null,
    -- Who plays, by seat. Changes where an account becomes another: an order that was decided for the one
    -- then finds another row.
    players uuid[] not null,
    started_at timestamptz not null,
    -- Counts the steps. A step is stored only if the game is at the version before it.
    version integer not null,
    -- By the rules of play: see src/game/state/bytes.rs. It has the racks and the bag's secret.
    position bytea not null,
    -- Clocks and offers: JSON.
    progress text not null,
    stepped_at timestamptz not null,
    -- The seat; null once the game is over.
    on_turn smallint,
    -- When to look at the clock: never later than it falls, but maybe earlier, so that most steps leave
    -- it, and the index, as they are. Null once the game is over, or set aside.
    check_at timestamptz,
    ended_at timestamptz,
    -- It can't be read here and now; its clock stands.
    set_aside_at timestamptz,
    set_aside_reason text,
    constraint game_over_is_not_due check (ended_at is null or (check_at is null and on_turn is null)),
    constraint game_set_aside_is_whole check (num_nulls(set_aside_at, set_aside_reason) in (0, 2))
);

-- With room on its page a row is updated in place, and no index hears of it.
alter table game set (fillfactor = 50);

create index game_due on game (check_at) where check_at is not null;

create index game_set_aside on game (set_aside_at) where set_aside_at is not null;

-- The same once more, with the end of the game, for the lists of a player.
create table game_player (
    game_id uuid not null references game,
    seat smallint not null constraint game_player_seat_is_one check (seat between 0 and 3),
    account_id uuid not null references account,
    ended_at timestamptz,
    primary key (game_id, seat)
);

create index game_player_running on game_player (account_id, game_id) where ended_at is null;

create index game_player_finished on game_player (account_id, ended_at, game_id) where ended_at is not null;

-- What happened in a game, in order: from it alone the game can be made again. Written by the statement
-- that changes the game, so that it needs no reference to it.
create table game_step (
    game_id uuid not null,
    number integer not null,
    at timestamptz not null,
    -- Cause, events and clocks: JSON. It has racks.
    told text not null,
    -- Of the request that asked for it: of its key and its caller, and of what it asked for.
    key_hash bytea,
    body_hash bytea,
    primary key (game_id, number)
);

create unique index game_step_request_is_new on game_step (game_id, key_hash) where key_hash is not null;
