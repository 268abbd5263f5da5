-- A way into an account. A guest has none but the session it holds, and so neither provider nor
-- subject.
create table identity (
    identity_id uuid primary key,
    account_id uuid not null references account,
    kind text not null constraint identity_kind_is_known check (kind in ('platform', 'guest')),
    provider text,
    subject text,
    created_at timestamptz not null,
    constraint identity_is_whole check (num_nulls(provider, subject) = case kind when 'platform' then 0 else 2 end),
    constraint identity_is_unique unique (provider, subject)
);

create index identity_of_account on identity (account_id);
