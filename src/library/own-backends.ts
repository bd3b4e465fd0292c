import type {
	Backend,
	Found,
	LeaseNews,
	ReadRequest,
	WritableBackend,
	WriteOptions,
	Written,
} from "../backends/backend.ts";
import { type AvailabilityOptions, describeBackend, type SecretBackend } from "./availability.ts";

/** A backend as an object of its own, which asks the one that it is made from. */
export abstract class ReadableBackend implements Backend, SecretBackend {
	readonly name: string;
	readonly description: string;
	readonly #inner: Backend;

	constructor(inner: Backend) {
		this.#inner = inner;
		this.name = inner.name;
		this.description = inner.description;
	}

	read(request: ReadRequest, signal: AbortSignal): Promise<Found | undefined> {
		return this.#inner.read(request, signal);
	}

	locations(request: ReadRequest): readonly string[] {
		return this.#inner.locations(request);
	}

	advice(request: ReadRequest): string {
		return this.#inner.advice(request);
	}

	identity(request: ReadRequest): string | undefined {
		return this.#inner.identity?.(request);
	}

	/** Asks whether the backend answers and accepts our credentials: at a signal as chains do, or with limits of one's own. */
	check(limits: AbortSignal | AvailabilityOptions = {}): Promise<void> {
		if (limits instanceof AbortSignal) return this.#inner.check(limits);
		return describeBackend(this.name, this.#inner).check(limits);
	}

	isAvailable(options?: AvailabilityOptions): Promise<boolean> {
		return describeBackend(this.name, this.#inner).isAvailable(options);
	}

	leases(): ReturnType<NonNullable<Backend["leases"]>> {
		return this.#inner.leases?.() ?? [];
	}

	async keepAlive(onNews: (news: LeaseNews) => void): Promise<void> {
		await this.#inner.keepAlive?.(onNews);
	}

	get release(): Backend["release"] {
		return this.#inner.release;
	}

	close(): void {
		this.#inner.close();
	}
}

/** One that can be written as well. */
export abstract class OwnWritableBackend extends ReadableBackend implements WritableBackend {
	readonly #inner: WritableBackend;

	constructor(inner: WritableBackend) {
		super(inner);
		this.#inner = inner;
	}

	write(secret: string, fields: ReadonlyMap<string, string>, options: WriteOptions): Promise<Written> {
		return this.#inner.write(secret, fields, options);
	}

	list(folder: string, signal: AbortSignal): Promise<readonly string[]> {
		return this.#inner.list(folder, signal);
	}
}
