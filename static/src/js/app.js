/** The one script of every page. Each page works without it; this only makes it quicker. */

import { start as autolock } from "./autolock.js";
import { start as combobox } from "./combobox.js";
import { start as copy } from "./copy.js";
import { start as dialogs } from "./dialogs.js";
import { start as forms } from "./forms.js";
import { start as keys } from "./keys.js";
import { start as lists } from "./lists.js";
import { start as live } from "./live.js";
import { start as menus } from "./menus.js";
import { start as palette } from "./palette.js";
import { start as pinpad } from "./pinpad.js";
import { start as theme } from "./theme.js";
import { start as toast } from "./toast.js";
import { start as zone } from "./zone.js";

for (const start of [theme, keys, palette, toast, forms, dialogs, menus, combobox, copy, zone, live, lists, autolock, pinpad]) start();
