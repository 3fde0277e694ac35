import { datasetTests } from './datasets.ts';
import { hostileTests } from './hostile.ts';
import { jobTests } from './jobs.ts';
import { refusalTests } from './refusals.ts';
import { studyTests } from './studies.ts';
import { taskTests } from './tasks.ts';
import { threadTests } from './threads.ts';

datasetTests();
refusalTests();
jobTests();
hostileTests();
studyTests();
taskTests();
threadTests();
