export { openJobsFacility, type JobsFacility } from '#/open-jobs-facility.ts';
export { jobsSettings, type JobsSettings } from '#/settings.ts';
