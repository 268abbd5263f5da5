-- Somebody looks for a game. Whoever changes a row holds the advisory lock of its id, which is taken before
-- anything is written: src/lobby/mod.rs.
create table seek (
    seek_id uuid primary key,
    owner_id uuid not null references account,
    -- What the game is to be played by: JSON.
    terms text not null,
    -- What players of such a game are rated in.
    category text not null,
    is_real_time boolean not null,
    seats smallint not null constraint seek_has_seats check (seats between 2 and 4),
    -- When the seek was opened.
    owner_rating integer not null,
    owner_is_established boolean not null,
    rating_min integer,
    rating_max integer,
    established_only boolean not null,
    opened_at timestamptz not null,
    expires_at timestamptz not null,
    -- A seek that is over is kept for a while, so that it can be told what became of it.
    closed_at timestamptz,
    outcome text constraint seek_outcome_is_one check (outcome in ('taken', 'withdrawn', 'expired')),
    game_id uuid references game,
    constraint seek_closed_is_whole check ((closed_at is null) = (outcome is null)),
    constraint seek_taken_has_game check ((game_id is not null) = (outcome is not distinct from 'taken'))
);

create index seek_open on seek (seek_id) where closed_at is null;

create index seek_open_of_owner on seek (owner_id) where closed_at is null;

create index seek_due on seek (expires_at) where closed_at is null;

create index seek_closed on seek (closed_at) where closed_at is not null;
