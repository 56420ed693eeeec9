// Which addresses an outbound call may reach (ATTACKS A31), and which block an address belongs to.
#include "http/address.h"

#include <gtest/gtest.h>

#include "http/client.h"

namespace deputy::http {
namespace {

TEST(Address, a31_knows_the_special_ones) {
  for (const char* address :
       {"0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a00:1", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "fc00::1",
        "fd00::1", "fe80::1", "fec0::1", "ff02::1", "5f00::1"})
    EXPECT_TRUE(is_special_address(address)) << address;
}

TEST(Address, lets_the_public_internet_be) {
  for (const char* address : {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1",
                              "172.15.255.255", "172.32.0.1", "192.169.0.1", "198.17.255.255", "198.20.0.1",
                              "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::200e", "2003::1"})
    EXPECT_FALSE(is_special_address(address)) << address;
}

TEST(Address, a31_holds_what_it_cannot_read_for_special) {
  for (const char* text : {"", "localhost", "127.1", "0177.0.0.1", "2130706433", "8.8.8.8 ", "fe80::1%eth0", "[::1]"})
    EXPECT_TRUE(is_special_address(text)) << text;
}

TEST(Address, is_found_in_a_list_of_blocks) {
  EXPECT_TRUE(address_in("10.200.0.1", {"10.0.0.0/8"}));
  EXPECT_FALSE(address_in("11.0.0.1", {"10.0.0.0/8"}));
  EXPECT_TRUE(address_in("192.0.2.7", {"::1", "192.0.2.7"}));
  EXPECT_FALSE(address_in("192.0.2.8", {"192.0.2.7"}));
  EXPECT_TRUE(address_in("192.0.2.129", {"192.0.2.128/25"}));
  EXPECT_FALSE(address_in("192.0.2.127", {"192.0.2.128/25"}));
  EXPECT_TRUE(address_in("2001:db8::5", {"2001:db8::/32"}));
  EXPECT_FALSE(address_in("2001:db9::5", {"2001:db8::/32"}));
  EXPECT_TRUE(address_in("1.2.3.4", {"0.0.0.0/0"}));
  EXPECT_FALSE(address_in("::1", {"0.0.0.0/0"}));
  EXPECT_TRUE(address_in("::ffff:10.0.0.1", {"10.0.0.0/8"}));
  EXPECT_FALSE(address_in("10.0.0.1", {}));
}

TEST(Address, malformed_blocks_match_nothing) {
  for (const char* block : {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "10.0.0", "", "/8", "::/129"})
    EXPECT_FALSE(address_in("10.0.0.1", {block})) << block;
}

}  // namespace
}  // namespace deputy::http
