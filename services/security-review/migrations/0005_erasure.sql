-- With a state secret go the words of restrictions on its entry and the papers of reviews and restrictions, too (art. 31).

GRANT UPDATE (title, words) ON restrictions TO govshare_security_review;
GRANT DELETE ON attachments TO govshare_security_review;
