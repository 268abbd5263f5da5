-- An identity may be an e-mail address, which was confirmed by a code sent to it: one that was not is
-- nobody's identity. Stored in the one spelling that src/email_address.rs gives it.
alter table identity
    add column address text,
    drop constraint identity_kind_is_known,
    add constraint identity_kind_is_known check (kind in ('platform', 'guest', 'email')),
    add constraint identity_has_address check ((kind = 'email') = (address is not null)),
    add constraint identity_address_is_unique unique (address);
