import { logs } from "#test/soak/logs.ts";
import { shortForm } from "#test/soak/shortForm.ts";

shortForm(logs);
