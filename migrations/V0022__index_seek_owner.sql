-- How many seeks an account has opened lately, whatever became of them.
create index seek_of_owner on seek (owner_id, opened_at);
