-- When codes were asked for, by the address that they go to and by the client's network.
create table email_throttle (
    -- SHA-256 of either: the table tells nobody who has asked, or for whom.
    subject bytea primary key
        constraint email_throttle_subject_is_sha256 check (octet_length(subject) = 32),
    -- Within the longest window, the oldest first.
    asked_at timestamptz[] not null,
    -- The last of them has left the longest window.
    expires_at timestamptz not null
);

create index email_throttle_expired on email_throttle (expires_at);
