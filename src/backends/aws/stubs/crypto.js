// What the SDK hashes and signs with in the standalone executable, where node:crypto takes longer to load than to sign.
export const createHash = (algorithm) => new Bun.CryptoHasher(algorithm);
export const createHmac = (algorithm, key) => new Bun.CryptoHasher(algorithm, key);
export const getRandomValues = (bytes) => crypto.getRandomValues(bytes);
