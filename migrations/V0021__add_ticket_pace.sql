-- Whether the game that a player waits for is one in real time: whoever begins such a game waits for no
-- other, but for one by correspondence. A process that does not know of it takes a ticket away in any case.
alter table matchmaking_ticket add column is_real_time boolean not null default true;
