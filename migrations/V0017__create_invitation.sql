-- Somebody asks others by name for a game. Whoever changes a row, or those of its players, holds the
-- advisory lock of its id: src/lobby/mod.rs.
create table invitation (
    invitation_id uuid primary key,
    inviter_id uuid not null references account,
    -- What the game is to be played by: JSON.
    terms text not null,
    is_real_time boolean not null,
    -- The game after which the same players want another one.
    rematch_of uuid references game,
    opened_at timestamptz not null,
    expires_at timestamptz not null,
    -- An invitation that is over is kept for a while, so that it can be told what became of it.
    closed_at timestamptz,
    outcome text constraint invitation_outcome_is_one check (outcome in ('accepted', 'declined', 'withdrawn', 'expired')),
    -- Who accepted last, declined or withdrew.
    closed_by uuid references account,
    game_id uuid references game,
    constraint invitation_closed_is_whole check ((closed_at is null) = (outcome is null)),
    constraint invitation_accepted_has_game check ((game_id is not null) = (outcome is not distinct from 'accepted'))
);

-- However many ask for the same rematch, it is one.
create unique index invitation_rematch_is_one on invitation (rematch_of)
    where outcome is null or outcome = 'accepted';

create index invitation_open_of_inviter on invitation (inviter_id) where closed_at is null;

create index invitation_due on invitation (expires_at) where closed_at is null;

create index invitation_closed on invitation (closed_at) where closed_at is not null;

-- Who is to play, the inviter first.
create table invitation_player (
    invitation_id uuid not null references invitation on delete cascade,
    place smallint not null,
    account_id uuid not null references account,
    -- Where that is settled; the others draw.
    seat smallint constraint invitation_player_seat_is_one check (seat between 0 and 3),
    accepted_at timestamptz,
    primary key (invitation_id, place),
    constraint invitation_player_is_once unique (invitation_id, account_id)
);

create index invitation_player_of_account on invitation_player (account_id);
