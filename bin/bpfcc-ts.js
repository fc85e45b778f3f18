#!/usr/bin/env node
/** The command; the launcher says how it starts fast. */
require('../dist/launch.cjs');
