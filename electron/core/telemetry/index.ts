export { LifeMeters } from "./lifeMeters.ts";
