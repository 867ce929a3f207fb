import { letters } from "#test/soak/letters.ts";
import { shortForm } from "#test/soak/shortForm.ts";

shortForm(letters);
