-- Signs of life: the last of any replica.
create table uptime (
    is_only boolean primary key default true constraint uptime_is_one check (is_only),
    -- By the clock that games are played by, and by the database's, which tells how long it is since.
    alive_at timestamptz,
    seen_at timestamptz
);

insert into uptime default values;

-- Spans of time in which no replica was up. They are taken out of every clock.
create table outage (
    from_at timestamptz primary key,
    to_at timestamptz not null,
    constraint outage_has_length check (from_at < to_at)
);
