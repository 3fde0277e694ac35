export { deadLetterContract, deadLetterOperations, type DeadLetterContract, type DeadLetterOperations } from '#/dead-letters/contract.ts';
export { eventsMigrations, openEventsFacility, type EventsFacility, type EventsFacilityOptions } from '#/facility.ts';
export { eventsSettings, type EventsSettings } from '#/settings.ts';
