import process from "node:process";
import { main } from "./cli/main.ts";

void main(process);
