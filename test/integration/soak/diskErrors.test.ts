import { diskErrors } from "#test/soak/diskErrors.ts";
import { shortForm } from "#test/soak/shortForm.ts";

shortForm(diskErrors);
