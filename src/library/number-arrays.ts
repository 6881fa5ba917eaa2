/** The typed arrays that hold numbers, for the copies of inputs and of results. */
interface NumberArray {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
}

/** `Uint8Array` is none of these: it is bytes. */
export const NUMBER_ARRAYS: readonly NumberArray[] = [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];
