# SPDX-License-Identifier: Apache-2.0
"""What a request may ask of the endpoints that serve its model, a module for each subject."""
