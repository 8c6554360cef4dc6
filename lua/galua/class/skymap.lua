-- Methods of a map that draw: skymap:plot, skymap:plot_cl.
local galua = require "galua"
local doc = require "galua.doc"
local skymap = {}

function skymap:plot(options)
  return require "galua.plot.sky".map(self, options)
end

function skymap:plot_cl(options)
  return require "galua.plot.sky".spectra(self, options)
end

doc.text("skymap:plot", skymap.plot, [[plot([options]) -> figure
The map on a plane with a colour bar; plot(map) at the prompt does the same. Longitude grows to the left.
@param component (I, or 1) number, or I, Q, U, P = sqrt(Q^2 + U^2)
@param projection (mollweide) mollweide, gnomonic, orthographic, cartesian
@param centre [deg] ({0, 0}) longitude, latitude and position angle of up
@param extent [deg] width and height of a gnomonic (10 x 10) or Cartesian image (360 x 180)
@param coord coordinates of the plot: galactic, ecliptic, equatorial (those of the map)
@param range {lo, hi} of the colours (2 % of the pixels lie outside)
@param scale (linear) linear, log, asinh or hist: equal numbers of pixels to each colour
@param colors colour map: viridis, inferno, cividis, grey, gray, polar (viridis; polar for Q and U, about zero)
@param graticule [deg] step of meridians and parallels, false for none (30 on the whole sky)
@param polarisation true, or { lines = 40, full = amplitude of the longest line, field = true for the magnetic field, color = }
@param title title
@param unit label of the colour bar (that of the map)
@param width [inch] (7) width of the figure
@param nx (800) pixels across]])
doc.text("skymap:plot_cl", skymap.plot_cl, [[plot_cl([options]) -> figure
Power spectra l(l+1) C_l / 2 pi: TT and, of I, Q, U, EE and BB.
@param lmax highest l (2 nside)
@param binned (logarithmic bins) false for every l]])

return require "galua.own_methods"("skymap", skymap, function(x) return require("galua.core").class_name(x) == "skymap" end)
