/** The one script of every page. Each page works without it; this only makes it quicker. */

import { start as forms } from "./forms.js";
import { start as keys } from "./keys.js";
import { start as theme } from "./theme.js";
import { start as toast } from "./toast.js";

for (const start of [theme, keys, toast, forms]) start();
