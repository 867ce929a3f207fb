import { migrations } from "#test/soak/migrations.ts";
import { shortForm } from "#test/soak/shortForm.ts";

shortForm(migrations);
