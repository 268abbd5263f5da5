-- Who has joined a seek, without its owner. Written under the seek's lock.
create table seek_member (
    seek_id uuid not null references seek on delete cascade,
    account_id uuid not null references account,
    joined_at timestamptz not null,
    primary key (seek_id, account_id)
);

create index seek_member_of_account on seek_member (account_id);
