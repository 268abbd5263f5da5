-- A request that may be repeated, and what it was answered.
create table idempotency_key (
    -- SHA-256 of the request's target, its caller and its key. The key itself, which opens the answer,
    -- is stored nowhere.
    key_hash bytea primary key constraint idempotency_key_hash_is_sha256 check (octet_length(key_hash) = 32),
    -- SHA-256 of the body, to tell a repetition from another request.
    body_hash bytea not null constraint idempotency_key_body_hash_is_sha256 check (octet_length(body_hash) = 32),
    claimed_at timestamptz not null,
    -- Whose data is in the answer: it goes with them when the account is erased.
    account_id uuid,
    -- Sealed; null while the request is being answered.
    answer bytea,
    -- The session token in the answer, sealed; taken away long before the answer is.
    token bytea,
    constraint idempotency_key_token_has_answer check (token is null or answer is not null)
);

create index idempotency_key_by_age on idempotency_key (claimed_at);

create index idempotency_key_with_token on idempotency_key (claimed_at) where token is not null;

create index idempotency_key_of_account on idempotency_key (account_id) where account_id is not null;
