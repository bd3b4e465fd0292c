export { MemoryBackend, type MemorySecrets } from "./library/memory-backend.ts";
