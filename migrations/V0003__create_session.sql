-- An open session. Revoked ones are deleted: what is not here is not valid.
create table session (
    session_id uuid primary key,
    account_id uuid not null references account,
    -- SHA-256 of the token, which itself is stored nowhere.
    token_hash bytea not null
        constraint session_token_hash_is_sha256 check (octet_length(token_hash) = 32)
        constraint session_token_hash_is_unique unique,
    -- The account's role when the session was opened: a change of role ends its sessions, so the two
    -- never differ, and a session is resolved from this table alone.
    role text not null constraint session_role_is_known check (role in ('player', 'operator')),
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    user_agent text,
    ip text
);

create index session_of_account on session (account_id, created_at);
