-- Mail that is to be sent. A row goes when the mail server has taken the mail, or when it is given up.
create table mail (
    mail_id uuid primary key,
    recipient text not null,
    subject text not null,
    body text not null,
    created_at timestamptz not null,
    -- Nobody wants the mail any more.
    expires_at timestamptz not null,
    -- Who sends it moves this on first, so that nobody else does at the same time, and somebody does
    -- if the sender dies.
    next_attempt_at timestamptz not null,
    -- Counts the leases: the outcome of one that has passed to another changes nothing.
    attempts integer not null default 0
);

create index mail_due on mail (next_attempt_at);
