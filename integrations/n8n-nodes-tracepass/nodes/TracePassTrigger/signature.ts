import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the clock of a message may be from ours, in seconds. */
export const TOLERANCE = 300;

/**
 * Whether a message comes from TracePass: `v1=` and the HMAC-SHA-256 of `<timestamp>.<raw body>`, one of several while a
 * secret is replaced, at a time that is near `now` (milliseconds).
 */
export function isFromTracePass(
	body: Buffer,
	timestamp: string,
	signature: string,
	secret: string,
	now: number,
): boolean {
	if (!secret || !/^\d{1,15}$/.test(timestamp) || Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE) return false;
	const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest();
	return signature.split(',').some((part) => {
		const hexadecimal = /^v1=([0-9a-f]{64})$/.exec(part.trim())?.[1];
		return hexadecimal !== undefined && timingSafeEqual(Buffer.from(hexadecimal, 'hex'), expected);
	});
}
