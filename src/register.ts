import process from "node:process";
import { register } from "./cli/register.ts";

await register(process);
