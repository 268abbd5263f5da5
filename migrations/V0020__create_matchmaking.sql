-- Who waits for an opponent. A row goes when there is one, when the player leaves or is gone, or at its
-- end.
create table matchmaking_ticket (
    account_id uuid primary key references account,
    -- SHA-256 of the terms: whose is the same may play each other.
    pool bytea not null constraint matchmaking_ticket_pool_is_sha256 check (octet_length(pool) = 32),
    -- Rules, words, time, as a game has them: JSON.
    terms text not null,
    -- The rating in their category, and how uncertain it was, when the player began to wait.
    value double precision not null,
    deviation double precision not null,
    entered_at timestamptz not null,
    expires_at timestamptz not null
);

create index matchmaking_ticket_due on matchmaking_ticket (expires_at);

-- The last opponent that each player was given.
create table matchmaking_match (
    account_id uuid primary key references account,
    opponent_id uuid not null,
    game_id uuid not null references game,
    matched_at timestamptz not null
);
