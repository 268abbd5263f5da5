-- The last use is written again and again: with room on its page a row is updated in place, and no
-- index hears of it.
alter table session set (fillfactor = 90);
