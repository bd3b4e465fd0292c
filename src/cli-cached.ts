#!/usr/bin/env node
import { createCachedRequire } from "./code-cache.ts";

createCachedRequire(import.meta.dirname, globalThis.process)("main.cjs");
