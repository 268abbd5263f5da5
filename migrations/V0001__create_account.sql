-- A player or an operator. A suspension is kept as facts, not as a status, so that one with an end
-- ends by itself.
create table account (
    account_id uuid primary key,
    display_name text not null,
    language text not null,
    time_zone text not null,
    role text not null constraint account_role_is_known check (role in ('player', 'operator')),
    suspended_at timestamptz,
    -- Null: until it is lifted.
    suspended_until timestamptz,
    suspension_reason text,
    suspended_by uuid references account,
    -- Counts the changes; the ETag that guards against a lost update.
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint account_suspension_is_whole check (
        num_nulls(suspended_at, suspension_reason, suspended_by) in (0, 3)
        and (suspended_at is not null or suspended_until is null)
    )
);
