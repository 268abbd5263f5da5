-- A code that was sent to an address, to be shown together with the challenge that its requester holds.
-- Neither is here: who reads the table can't find the code by trying all of them.
create table email_challenge (
    -- SHA-256 of the challenge.
    challenge_hash bytea primary key
        constraint email_challenge_hash_is_sha256 check (octet_length(challenge_hash) = 32),
    address text not null,
    -- HMAC-SHA-256 of the code under the challenge.
    code_mac bytea not null,
    tries integer not null default 0,
    expires_at timestamptz not null
);

create index email_challenge_expired on email_challenge (expires_at);
