export { openObjectsFacility, type ObjectsFacility } from '#/facility.ts';
export { objectsSettings, type ObjectsSettings } from '#/settings.ts';
