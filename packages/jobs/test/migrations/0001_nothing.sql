-- The service of the test keeps nothing but its jobs.
SELECT 1;
