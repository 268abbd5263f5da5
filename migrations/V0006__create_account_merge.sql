-- An account that is over stays as a row without personal data, so that what refers to its id still finds
-- somebody: erased, or merged into another.
alter table account
    add column deleted_at timestamptz,
    add column merged_into uuid references account,
    add constraint account_merged_is_deleted check (merged_into is null or deleted_at is not null);

-- Those that were merged into an account, to be pointed on when it is merged itself.
create index account_by_merged_into on account (merged_into) where merged_into is not null;

-- The trace of a merger: who had it done, and when.
create table account_merge (
    loser_id uuid primary key references account,
    winner_id uuid not null references account,
    -- The player, or an operator.
    merged_by uuid not null references account,
    merged_at timestamptz not null,
    -- SHA-256 of the loser's session token by which the player has shown that both are his: who repeats
    -- the request is known by it.
    proof_hash bytea
        constraint account_merge_proof_hash_is_sha256 check (octet_length(proof_hash) = 32)
        constraint account_merge_proof_hash_is_unique unique
);
