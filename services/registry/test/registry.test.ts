import { approvalTests } from './approvals.ts';
import { fuzzTests } from './fuzz.ts';
import { operationTests } from './operations.ts';
import { webhookTests } from './webhooks.ts';

// In this order: what comes last leaves the most behind.
approvalTests();
operationTests();
webhookTests();
fuzzTests();
