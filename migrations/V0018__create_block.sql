-- Who wants to have nothing to do with whom.
create table block (
    blocker_id uuid not null references account,
    blocked_id uuid not null references account,
    blocked_at timestamptz not null,
    primary key (blocker_id, blocked_id),
    constraint block_is_of_another check (blocker_id <> blocked_id)
);

create index block_of_blocked on block (blocked_id, blocker_id);
