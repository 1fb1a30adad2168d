#!/bin/sh
# After the installation and the removal of libbosauth1.rpm.
/sbin/ldconfig
