import XCTest
@testable import Bosauth
final class CallTests: XCTestCase {
    func testNothing() {}
}
