export { describeUsageSources } from "./usageSources.ts";
export { LifeMeters } from "./lifeMeters.ts";
