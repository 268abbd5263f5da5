-- Which gateways have a connection of which accounts. Not logged: a heartbeat brings back what a crash of
-- the database takes away.
create unlogged table presence (
    account_id uuid not null,
    -- A player may be at several at once.
    gateway text not null,
    expires_at timestamptz not null,
    primary key (account_id, gateway)
);

create index presence_due on presence (expires_at);
