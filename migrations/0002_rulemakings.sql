-- What an alert says about: a proposal is never taken for a rule, and mails about one rulemaking are
-- one thread.

ALTER TABLE alerts ADD COLUMN phase TEXT;       -- change: proposed, final, in_force, corrected, withdrawn; NULL: in_force
ALTER TABLE alerts ADD COLUMN thread TEXT;      -- change: the rulemaking, 'CMS-1848'; NULL: none
CREATE INDEX alerts_thread ON alerts (thread, raised) WHERE thread IS NOT NULL;

-- Policies and rules are few among the rows of code lists.
CREATE INDEX topics_kind ON topics (subject_kind, subject);
