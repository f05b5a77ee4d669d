/** A pause that doubles each time it is taken, between two bounds (milliseconds), and is short again after success. */
export class Doubling {
  private next: number;

  constructor(
    private readonly first: number,
    private readonly longest: number,
  ) {
    this.next = first;
  }

  take(): number {
    const pause = this.next;
    this.next = Math.min(this.longest, pause * 2);
    return pause;
  }

  reset(): void {
    this.next = this.first;
  }
}
