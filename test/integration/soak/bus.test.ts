import { bus } from "#test/soak/bus.ts";
import { shortForm } from "#test/soak/shortForm.ts";

shortForm(bus);
