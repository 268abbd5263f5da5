-- How many invitations an account has sent lately, whatever became of them.
create index invitation_of_inviter on invitation (inviter_id, opened_at);
