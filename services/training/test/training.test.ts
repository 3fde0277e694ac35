import { datasetTests } from './datasets.ts';
import { elsewhereTests } from './elsewhere.ts';
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
elsewhereTests();
threadTests();
