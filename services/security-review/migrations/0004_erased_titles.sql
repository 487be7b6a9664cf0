-- The title of what was found to be a state secret is erased with the decision (art. 31).

GRANT UPDATE (title) ON reviews TO govshare_security_review;
